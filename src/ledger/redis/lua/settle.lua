-- Only the holder of the lease ends the work, and only once. `done` leaves no sealed text behind.
-- ARGV: id, lease, origin, now, state, outcome (or empty), why (see set_outcome), due (or empty), note (or empty: keep
-- the old one), four of progress, what to announce (or empty), tally (or empty), of how many reports at
-- most (or empty: of any), tally of its projects (or empty), what the vendor
-- told of it (sealed, or empty: keep); then events.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end
if ARGV[16] ~= '' then
  local repeats = tonumber(redis.call('HGET', entry_key(entry.id), 'repeats') or '0')
  if 1 + repeats > tonumber(ARGV[16]) then return 0 end
end
local now, state, outcome, why, due, note = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local announcement, tally, dead_tally = ARGV[14], ARGV[15], ARGV[17]
local is_news = state ~= entry.state

end_lease(entry, ARGV[3])
if due ~= '' then schedule(entry, due, now, ARGV[10]) else unschedule(entry) end
move(entry, state)
set_progress(entry, ARGV[10], ARGV[11], ARGV[12], ARGV[13])
if state == 'held' then
  clear_ended(entry)
  if outcome ~= '' then set_outcome(entry, outcome, why) else clear_outcome(entry) end
else
  -- A later try that ends as before does not put off the end of retention.
  if is_news then set_ended(entry, now) end
  if outcome ~= '' then set_outcome(entry, outcome, why) end
end
if state == 'done' then
  erase(entry)
  redis.call('HSET', lane_key(entry.provider), 'last_done', now)
  if cjson.decode(why)[1] == 'revoked' then count_revoked(entry.provider, entry.share, now) end
elseif note ~= '' then
  put(entry, 'note', note)
end
if ARGV[18] ~= '' then put(entry, 'subject', ARGV[18]) end
save(entry)
if is_news and tally ~= '' then count_in_hour(now, tally, 1) end
if is_news and dead_tally ~= '' then
  for _, name in ipairs(projects_of(entry.id)) do redis.call('HINCRBY', project_tally_key(name), dead_tally, 1) end
end
append_history(entry.id, { unpack(ARGV, 19) })
if announcement ~= '' then announce_entry(entry, announcement, now) end
return 1
