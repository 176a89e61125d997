-- Reply: provider, state and why (see set_outcome) of each, one a line, and behind it how many entries.

local reply = {}
for _, cause in ipairs(redis.call('SMEMBERS', CAUSES)) do
  reply[#reply + 1] = cause
  reply[#reply + 1] = redis.call('ZCARD', cause_key(cause))
end
return reply
