-- A dismissed entry has no token left, and who works on it loses the lease.
-- ARGV: id, origin, now, event, and when the person saw it (or empty).

local entry = load_entry(ARGV[1])
if not entry or entry.state == 'done' or entry.state == 'dismissed' then return 0 end
if has_changed_since(entry.id, ARGV[5]) then return 0 end

end_lease(entry, ARGV[2])
unschedule(entry)
if entry.state == 'held' then clear_outcome(entry) end
move(entry, 'dismissed')
erase(entry)
set_ended(entry, ARGV[3])
save(entry)
append_history(entry.id, { ARGV[4] })
count_in_hour(ARGV[3], entry.provider, 'ended:dismissed', 1)
announce_entry(entry, 'dismissed', ARGV[3])
return 1
