-- Shuts out versions that do not look at the layout before they write: what they begin with is of another type from here on,
-- so they fail before they have changed anything.
-- ARGV: the layout that says how far the migration is. Reply: 0 when somebody has completed it already.

if redis.call('HGET', META, 'layout') == LAYOUT then return 0 end
for old, new in pairs({ providers = PROVIDERS, modes = MODES }) do
  if redis.call('TYPE', PREFIX .. old).ok ~= 'string' then
    if redis.call('EXISTS', PREFIX .. old) == 1 then redis.call('RENAME', PREFIX .. old, new) end
    redis.call('SET', PREFIX .. old, 'A newer version of Quash has this ledger.')
  end
end
redis.call('HSET', META, 'layout', ARGV[1])
return 1
