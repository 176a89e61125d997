-- What was done needs a person after all; its token is gone.
-- ARGV: id, now, outcome, why (see set_outcome), event. Reply: 1, or 0 when the entry is not done.

local entry = load_entry(ARGV[1])
if not entry or entry.state ~= 'done' then return 0 end

move(entry, 'attention')
set_outcome(entry, ARGV[3], ARGV[4])
clear_ended(entry)
set_ended(entry, ARGV[2])
save(entry)
append_history(entry.id, { ARGV[5] })
count_in_hour(ARGV[2], entry.provider, 'ended:attention', 1)
announce_entry(entry, 'attention', ARGV[2])
return 1
