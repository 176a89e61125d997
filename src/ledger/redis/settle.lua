-- Only the holder of the lease ends the work, and only once. `done` leaves no sealed text behind.
-- ARGV: id, lease, origin, now, state, outcome (or empty), why (see set_ended), due (or empty), note (or empty: keep the
-- old one), four of progress; then events.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end
local now, state, outcome, why, due, note = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local key = entry_key(entry.id)

end_lease(entry, ARGV[3])
unschedule(entry)
-- A later try that ends as before does not put off the end of retention.
local ended = entry.state == state and redis.call('HGET', key, 'ended') or now
clear_ended(entry)
move(entry, state)
set_progress(entry.id, ARGV[10], ARGV[11], ARGV[12], ARGV[13])
if state ~= 'held' then set_ended(entry, outcome, why, ended) end
if note ~= '' then redis.call('HSET', key, 'note', note) end
if state == 'done' then redis.call('HDEL', key, 'sealed', 'note') end
if due ~= '' then schedule(entry, due, now) end
append_history(entry.id, { unpack(ARGV, 14) })
return 1
