import { MAX_AHEAD_MS } from '../../../core/quota/bucket.ts';
import { WATERMARK } from '../../../core/quota/keys.ts';
import { LOAN_PART } from '../../../core/quota/loan.ts';

/**
 * Common beginning of both scripts. The arithmetic equals that of `core/quota/bucket.ts`, number for number; a test compares the two.
 *
 * A bucket is stored as `level:period:at` until it would be full again. Any other value under its key, of any type, counts as a full
 * bucket and is overwritten.
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
 * The one round trip for requests that ask the same: looks for the tombstones of their sessions, then debits all their buckets for as
 * many requests as fit, by the clock of Redis, and makes a loan for requests to come (`core/quota/loan.ts`). A bucket that denies a
 * request is kept until it would be full again at its present rate, even if it was written under a faster one.
 *
 * KEYS: the buckets, then for each session the tombstones of its owner. All have the tenant as hash tag, so they are on one node of a
 * cluster.
 * ARGV: the number of buckets. For each bucket its requests, period in milliseconds, burst, and the cost of one request there. For each
 * session its fingerprint and time of issue. Then either nothing, for a single request, or: how many requests wait, how many to lend to,
 * and what the process already has on loan.
 * Returns: how many pass, or -1 if a session was ended, in which case nothing is debited; the time in milliseconds; the level of each
 * bucket afterwards; and the size of the loan, if one was asked for.
 */
export const TAKE_SCRIPT = `${COMMON}
local buckets = tonumber(ARGV[1])
local rest = 4 * buckets + 1
for i = buckets + 1, #KEYS do
  if redis.call('ZSCORE', KEYS[i], ARGV[rest + 1]) then return {-1, now} end
  local watermark = redis.call('ZSCORE', KEYS[i], '${WATERMARK}')
  if watermark and tonumber(watermark) >= tonumber(ARGV[rest + 2]) then return {-1, now} end
  rest = rest + 2
end
local texts = buckets > 0 and redis.call('MGET', unpack(KEYS, 1, buckets))
local waiting = tonumber(ARGV[rest + 1] or 1)
local loan, outstanding = tonumber(ARGV[rest + 2] or 0), tonumber(ARGV[rest + 3] or 0)
local passed, priced, numbers, answer = waiting, false, {}, {0, now}
for i = 1, buckets do
  local requests, period = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local full, cost = tonumber(ARGV[4 * i]) * period, tonumber(ARGV[4 * i + 1])
  local level, at = read(texts[i], requests, period, full)
  numbers[i] = {requests, period, full, cost, level, at}
  if cost > 0 then
    priced = true
    passed = math.min(passed, math.floor((full - level) / (cost * period)))
  end
end
if passed < waiting or not priced then loan = 0 end
for i = 1, loan > 0 and buckets or 0 do
  local requests, period, full, cost, level = unpack(numbers[i])
  if cost > 0 then
    local left = math.floor((full - level) / period) - passed * cost
    loan = math.min(loan, math.floor((math.floor(left / ${LOAN_PART}) - outstanding) / cost))
  end
end
loan = math.max(0, loan)
for i = 1, buckets do
  local requests, period, full, cost, level, at = unpack(numbers[i])
  if passed > 0 then
    level = level + (passed + loan) * cost * period
    write(KEYS[i], requests, period, level, at)
  elseif level > 0 then
    local needed = lifetime(requests, level, at)
    if redis.call('PTTL', KEYS[i]) < needed then redis.call('PEXPIRE', KEYS[i], string.format('%.0f', needed)) end
  end
  answer[i + 2] = level
end
answer[1] = passed
if ARGV[rest + 2] then answer[buckets + 3] = loan end
return answer
`;

/**
 * Charges buckets for requests that passed without asking Redis, at most until they are empty. With a cost below 0, gives back the unused
 * part of a loan. KEYS: the buckets. ARGV: for each its requests, period, burst and cost.
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
