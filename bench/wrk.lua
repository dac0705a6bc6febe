-- Sends the requests of a file in their order, from the start again at its end. Reports how many were sent.
local posts, last, sent = {}, 0, 0

function setup(thread)
  thread:set("sent", 0)
  runner = thread
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read(10)
    if not length then break end
    last = last + 1
    posts[last] = file:read(tonumber(length))
  end
  file:close()
  sent = 0
end

function request()
  sent = sent + 1
  return posts[(sent - 1) % last + 1]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), runner:get("sent")))
end
