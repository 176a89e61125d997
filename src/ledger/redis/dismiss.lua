-- A dismissed entry has no token left, and who works on it loses the lease.
-- ARGV: id, origin, now, event.

local entry = load_entry(ARGV[1])
if not entry or entry.state == 'done' or entry.state == 'dismissed' then return 0 end
local key = entry_key(entry.id)

end_lease(entry, ARGV[2])
unschedule(entry)
move(entry, 'dismissed')
redis.call('HDEL', key, 'sealed', 'note')
redis.call('HSET', key, 'ended', ARGV[3])
redis.call('ZADD', ENDED, ARGV[3], entry.id)
append_history(entry.id, { ARGV[4] })
return 1
