-- Only an entry that still has its token can be queued again; who works on it loses the lease.
-- ARGV: id, origin, now, approve (1 or 0), event, the act for which the approvals are signed, signed approval, that of
-- what is unproven, and when the person saw it (or empty).
-- Reply: the provider, empty when another act has begun, nil when there is nothing to queue; in both nothing has changed.

local entry = load_entry(ARGV[1])
if not entry or (entry.state ~= 'held' and entry.state ~= 'attention') then return nil end
if redis.call('EXISTS', sealed_key(entry.id)) == 0 then return nil end

if has_changed_since(entry.id, ARGV[9]) then return nil end

local approves = ARGV[4] == '1'
if approves and entry.act ~= tonumber(ARGV[6]) then return '' end
local why = redis.call('HGET', entry_key(entry.id), 'why')
end_lease(entry, ARGV[2])
clear_ended(entry)
clear_outcome(entry)
entry.approved = entry.approved or approves
move(entry, 'queued')
set_progress(entry, 'revoke', 0, 0, 0)
-- 2: nothing proves that its secret leaked, and the person said that it may be acted on all the same.
if approves then
  local reason = cjson.decode(why or '[]')[2]
  local is_unproven = reason == 'unproven'
  put(entry, 'approved', is_unproven and '2' or '1')
  put(entry, 'approval', is_unproven and ARGV[8] or ARGV[7])
end
schedule(entry, ARGV[3], ARGV[3], 'revoke')
save(entry)
append_history(entry.id, { ARGV[5] })
wake(entry.provider, ARGV[2])
return entry.provider
