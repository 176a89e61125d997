-- The entry is as it was before the claim, but the last of those that are due now.
-- ARGV: id, lease, origin, now.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end

end_lease(entry, ARGV[3])
schedule(entry, ARGV[4], ARGV[4], redis.call('HGET', entry_key(entry.id), 'phase') or 'revoke')
save(entry)
wake(entry.provider, ARGV[3])
return 1
