-- ARGV: a provider whose entries do not count. Reply: when the oldest queued entry was first reported, nil when none is queued.

local oldest
for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
  local first = provider == ARGV[1] and {} or redis.call('ZRANGE', index_key(provider, 'queued'), 0, 0, 'WITHSCORES')
  local number = tonumber(first[2])
  if number and (not oldest or number < oldest.number) then oldest = { id = first[1], number = number } end
end
return oldest and redis.call('HGET', entry_key(oldest.id), 'first_reported')
