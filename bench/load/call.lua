-- Sends the HTTP requests of a file in turn, and prints one line of JSON at the end.
-- The file contains frames: a line with the length in bytes, then the bytes of one complete request.

local requests = {}
local threads = {}
local index = 0
issued = 0

local function read_frames(path)
  local file = assert(io.open(path, "rb"))
  local length = file:read("*l")
  while length do
    requests[#requests + 1] = file:read(tonumber(length))
    length = file:read("*l")
  end
  file:close()
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  read_frames(args[1])
end

function request()
  issued = issued + 1
  index = index % #requests + 1
  return requests[index]
end

function done(summary, latency)
  -- wrk takes one request from the first thread that it never sends.
  local sent = -1
  for _, thread in ipairs(threads) do
    sent = sent + thread:get("issued")
  end
  local errors = summary.errors
  io.write(string.format(
    'result {"durationUs":%d,"completed":%d,"issued":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,'
      .. '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.duration, summary.requests, sent, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
