-- Only the holder of the lease ends the work, and only once. `done` leaves no sealed text behind.
-- ARGV: origin; then for each settlement the number of its values, and these: id, lease, now, state, outcome (or empty), why
-- (see set_outcome), due (or empty), note (or empty: keep the old one), four of progress, what to announce (or empty),
-- tally (or empty), of how many reports at most (or empty: of any), tally of its projects (or empty), what the vendor told of
-- it (sealed, or empty: keep the old one); then events.
-- Reply: 1 or 0 for each settlement.

local origin = ARGV[1]
local HEAD_VALUES = 17

local function settle(id, lease, now, state, outcome, why, due, note, phase, attempts, verifications, deferrals,
    announcement, tally, of_reports, dead_tally, subject, events)
  local entry = load_claimed(id, lease)
  if not entry then return 0 end
  if of_reports ~= '' then
    local repeats = tonumber(redis.call('HGET', entry_key(id), 'repeats') or '0')
    if 1 + repeats > tonumber(of_reports) then return 0 end
  end
  local is_news = state ~= entry.state

  end_lease(entry, origin)
  if due ~= '' then schedule(entry, due, now, phase) else unschedule(entry) end
  move(entry, state)
  set_progress(entry, phase, attempts, verifications, deferrals)
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
  if subject ~= '' then put(entry, 'subject', subject) end
  save(entry)
  if is_news and tally ~= '' then
    count_in_hour(now, entry.provider, tally, 1)
  elseif is_news and state == 'done' then
    count_reopened(now, entry.provider, -1)
  end
  if is_news and dead_tally ~= '' then
    for _, name in ipairs(projects_of(id)) do redis.call('HINCRBY', project_tally_key(name), dead_tally, 1) end
  end
  append_history(id, events)
  if announcement ~= '' then announce_entry(entry, announcement, now) end
  return 1
end

local settled = {}
local at = 2
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  local values = { unpack(ARGV, at + 1, at + HEAD_VALUES) }
  values[HEAD_VALUES + 1] = { unpack(ARGV, at + HEAD_VALUES + 1, last) }
  settled[#settled + 1] = settle(unpack(values))
  at = last + 1
end
return settled
