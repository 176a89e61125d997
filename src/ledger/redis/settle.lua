-- Only the holder of the lease ends the work, and only once. `done` leaves no sealed text behind.
-- ARGV: id, lease, origin, now, state, outcome (or empty), why (see set_ended), due (or empty), four of progress; then events.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end
local now, state, outcome, why, due = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local key = entry_key(entry.id)

end_lease(entry, ARGV[3])
unschedule(entry)
-- A later try that ends as before does not put off the end of retention.
local ended = entry.state == state and redis.call('HGET', key, 'ended') or now
clear_ended(entry)
move(entry, state)
set_progress(entry.id, ARGV[9], ARGV[10], ARGV[11], ARGV[12])
if state ~= 'held' then set_ended(entry, outcome, why, ended) end
if state == 'done' then redis.call('HDEL', key, 'sealed', 'note') end
if due ~= '' then schedule(entry, due, now) end
append_history(entry.id, { unpack(ARGV, 13) })
return 1
