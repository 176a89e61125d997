-- Only the holder of the lease ends the work, and only once. `done` leaves no sealed text behind.
-- ARGV: id, lease, origin, now, state, outcome (or empty), why (see set_outcome), due (or empty), note (or empty: keep
-- the old one), four of progress, what to announce (or empty), tally (or empty); then events.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end
local now, state, outcome, why, due, note = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local announcement, tally = ARGV[14], ARGV[15]
local is_news = state ~= entry.state

end_lease(entry, ARGV[3])
if due ~= '' then schedule(entry, due, now) else unschedule(entry) end
move(entry, state)
set_progress(entry, ARGV[10], ARGV[11], ARGV[12], ARGV[13])
if state == 'held' then
  clear_ended(entry)
  clear_outcome(entry)
else
  -- A later try that ends as before does not put off the end of retention.
  if is_news then set_ended(entry, now) end
  if outcome ~= '' then set_outcome(entry, outcome, why) end
end
if state == 'done' then
  erase(entry)
  redis.call('HSET', lane_key(entry.provider), 'last_done', now)
elseif note ~= '' then
  put(entry, 'note', note)
end
save(entry)
if is_news and tally ~= '' then count_in_hour(now, tally, 1) end
append_history(entry.id, { unpack(ARGV, 16) })
if announcement ~= '' then announce_entry(entry, announcement, now) end
return 1
