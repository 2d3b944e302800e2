import { MAX_AHEAD_MS } from '../../core/quota/bucket.ts';

/**
 * What both scripts begin with. The arithmetic is that of `core/quota/bucket.ts`, number for number; a test holds the two together.
 *
 * A bucket is remembered as `level:period:at` until it would be full again. Whatever else stands under its key, of whatever type, is as
 * good as nothing, and is written over.
 */
const COMMON = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function read(key, requests, period, full)
  local text = redis.pcall('GET', key)
  if type(text) ~= 'string' then return 0, now end
  local level, was, at = string.match(text, '^(%d+):([1-9]%d*):(%d+)$')
  if not level then return 0, now end
  level, was, at = tonumber(level), tonumber(was), tonumber(at)
  if at > now + ${MAX_AHEAD_MS} then return 0, now end
  if was ~= period then level = math.ceil(level / was * period) end
  level = math.max(0, math.min(level, full) - math.max(0, now - at) * requests)
  return level, math.max(now, at)
end

local function write(key, requests, period, level, at)
  local lifetime = math.ceil(level / requests) + at - now + 1000
  redis.call('SET', key, string.format('%.0f:%.0f:%.0f', level, period, at), 'PX', string.format('%.0f', lifetime))
end
`;

/**
 * The one round trip of a request: looks at the tombstone of its session, then debits all its buckets or none, on the clock of Redis.
 *
 * KEYS: the buckets, then the tombstone. All have the tenant as hash tag, so they are on one node of a cluster.
 * ARGV: for each bucket its requests, period in milliseconds, burst, and what the request costs there.
 * Answers: 1, 0 or -1 (debited, refused, session ended), the time in milliseconds, and the level of each bucket after it.
 */
export const TAKE_SCRIPT = `${COMMON}
if redis.call('EXISTS', KEYS[#KEYS]) == 1 then return {-1, now} end
local answer, ats = {1, now}, {}
for i = 1, #KEYS - 1 do
  local requests, period = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local full, cost = tonumber(ARGV[4 * i - 1]) * period, tonumber(ARGV[4 * i]) * period
  answer[i + 2], ats[i] = read(KEYS[i], requests, period, full)
  if answer[i + 2] + cost > full then answer[1] = 0 end
end
if answer[1] == 1 then
  for i = 1, #KEYS - 1 do
    local requests, period = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    answer[i + 2] = answer[i + 2] + tonumber(ARGV[4 * i]) * period
    write(KEYS[i], requests, period, answer[i + 2], ats[i])
  end
end
return answer
`;

/**
 * Adds to a bucket what was let pass without asking it, up to the brim. KEYS: the bucket. ARGV: requests, period, burst, cost.
 */
export const CHARGE_SCRIPT = `${COMMON}
local requests, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(ARGV[3]) * period
local level, at = read(KEYS[1], requests, period, full)
write(KEYS[1], requests, period, math.min(level + tonumber(ARGV[4]) * period, full), at)
return 1
`;
