-- One moment's view over all states, so an entry on the move is counted once.
-- Reply: provider, state, entries, provider, ...

local counts = {}
for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
  for _, state in ipairs(STATES) do
    local entries = redis.call('ZCARD', index_key(provider, state))
    if entries > 0 then
      for _, value in ipairs({ provider, state, entries }) do counts[#counts + 1] = value end
    end
  end
end
return counts
