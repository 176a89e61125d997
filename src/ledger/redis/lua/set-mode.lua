-- ARGV: provider or ALL_LANES, mode (empty: as configured).

local provider, mode = ARGV[1], ARGV[2]
if provider ~= ALL_LANES then redis.call('SADD', PROVIDERS, provider) end
if mode == '' then
  redis.call('HDEL', MODES, provider)
else
  redis.call('HSET', MODES, provider, mode)
end
return 1
