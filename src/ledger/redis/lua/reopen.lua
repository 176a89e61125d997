-- What was done, or waits for a person, needs one after all; the token of what was done is gone.
-- ARGV: id, now, the state that it has to be in, outcome, why (see set_outcome), event. Reply: 1, or 0 when it is in another one.

local entry = load_entry(ARGV[1])
if not entry or entry.state ~= ARGV[3] then return 0 end

move(entry, 'attention')
set_outcome(entry, ARGV[4], ARGV[5])
clear_ended(entry)
set_ended(entry, ARGV[2])
save(entry)
append_history(entry.id, { ARGV[6] })
if ARGV[3] == 'done' then count_reopened(ARGV[2], entry.provider, 1) end
count_in_hour(ARGV[2], entry.provider, 'ended:attention', 1)
announce_entry(entry, 'attention', ARGV[2])
return 1
