import { MAX_AHEAD_MS } from '../../../core/quota/bucket.ts';
import { LOAN_PART } from '../../../core/quota/loan.ts';

/**
 * What both scripts begin with. The arithmetic is that of `core/quota/bucket.ts`, number for number; a test holds the two together.
 *
 * A bucket is remembered as `level:period:at` until it would be full again. Whatever else stands under its key, of whatever type, is as
 * good as nothing, and is written over.
 */
const COMMON = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function read(text, requests, period, full)
  if not text then return 0, now end
  local level, was, at = string.match(text, '^(%d+):([1-9]%d*):(%d+)$')
  if not level then return 0, now end
  level, was, at = tonumber(level), tonumber(was), tonumber(at)
  if at > now + ${MAX_AHEAD_MS} then return 0, now end
  if was ~= period then level = math.ceil(level / was * period) end
  level = math.max(0, math.min(level, full) - math.max(0, now - at) * requests)
  return level, math.max(now, at)
end

local function lifetime(requests, level, at)
  return math.ceil(level / requests) + at - now + 1000
end

local function write(key, requests, period, level, at)
  local text = string.format('%.0f:%.0f:%.0f', level, period, at)
  redis.call('SET', key, text, 'PX', string.format('%.0f', lifetime(requests, level, at)))
end
`;

/**
 * The one round trip of requests that ask the same: looks at the tombstones of their sessions, then debits all their buckets, as far as
 * they go, on the clock of Redis, and lends to those that are still to come (`core/quota/loan.ts`). A bucket that refuses keeps what is
 * used of it for as long as the limit of now needs to refill it, also where it was written under a faster one.
 *
 * KEYS: the buckets, then the tombstones. All have the tenant as hash tag, so they are on one node of a cluster.
 * ARGV: for each bucket its requests, period in milliseconds, burst, and what one request costs there. After that, or nothing for a single
 * request: how many wait, how many to lend, and what the process holds on loan already.
 * Answers: how many pass, or -1 where a session was ended, which debits nothing; the time in milliseconds; the level of each bucket after
 * it; and how many were lent, where that was asked.
 */
export const TAKE_SCRIPT = `${COMMON}
local buckets, texts = math.floor(#ARGV / 4), redis.call('MGET', unpack(KEYS))
for i = buckets + 1, #KEYS do
  if texts[i] then return {-1, now} end
end
local wished = tonumber(ARGV[4 * buckets + 1] or 1)
local lent, held = tonumber(ARGV[4 * buckets + 2] or 0), tonumber(ARGV[4 * buckets + 3] or 0)
local granted, priced, numbers, answer = wished, false, {}, {0, now}
for i = 1, buckets do
  local requests, period = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local full, cost = tonumber(ARGV[4 * i - 1]) * period, tonumber(ARGV[4 * i])
  local level, at = read(texts[i], requests, period, full)
  numbers[i] = {requests, period, full, cost, level, at}
  if cost > 0 then
    priced = true
    granted = math.min(granted, math.floor((full - level) / (cost * period)))
  end
end
if granted < wished or not priced then lent = 0 end
for i = 1, lent > 0 and buckets or 0 do
  local requests, period, full, cost, level = unpack(numbers[i])
  if cost > 0 then
    local left = math.floor((full - level) / period) - granted * cost
    lent = math.min(lent, math.floor((math.floor(left / ${LOAN_PART}) - held) / cost))
  end
end
lent = math.max(0, lent)
for i = 1, buckets do
  local requests, period, full, cost, level, at = unpack(numbers[i])
  if granted > 0 then
    level = level + (granted + lent) * cost * period
    write(KEYS[i], requests, period, level, at)
  elseif level > 0 then
    local needed = lifetime(requests, level, at)
    if redis.call('PTTL', KEYS[i]) < needed then redis.call('PEXPIRE', KEYS[i], string.format('%.0f', needed)) end
  end
  answer[i + 2] = level
end
answer[1] = granted
if ARGV[4 * buckets + 2] then answer[buckets + 3] = lent end
return answer
`;

/**
 * Adds to buckets what was let pass without asking them, up to the brim, or with a cost below 0 gives back to them what was lent and not
 * used. KEYS: the buckets. ARGV: for each requests, period, burst, cost.
 */
export const CHARGE_SCRIPT = `${COMMON}
for i = 1, #KEYS do
  local requests, period = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local full = tonumber(ARGV[4 * i - 1]) * period
  local text = redis.call('MGET', KEYS[i])[1]
  local level, at = read(text, requests, period, full)
  level = math.max(0, math.min(level + tonumber(ARGV[4 * i]) * period, full))
  write(KEYS[i], requests, period, level, at)
end
return 1
`;
