-- For wrk: look-ups of random addresses. Of twenty requests nineteen ask for one, and one posts five hundred.

local batches = {}

local function address()
  return string.format("%d.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255))
end

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function init()
  math.randomseed(seed)
  for i = 1, 200 do
    local lines = {}
    for line = 1, 500 do
      lines[line] = address()
    end
    batches[i] = wrk.format("POST", "/lookup", { ["Content-Type"] = "text/plain" }, table.concat(lines, "\n"))
  end
end

function request()
  if math.random(20) == 1 then
    return batches[math.random(#batches)]
  end
  return wrk.format("GET", "/lookup/" .. address())
end

-- One line that a script can read.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "wrk: requests %d refused_or_failed %d connect %d read %d write %d timeout %d p50_us %d p99_us %d max_us %d\n",
    summary.requests, errors.status, errors.connect, errors.read, errors.write, errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
