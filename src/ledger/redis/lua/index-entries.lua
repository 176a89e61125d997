-- Enters entries of earlier layouts by their projects, and by how they ended; what is entered already stays so. Whoever has
-- one in hand loses the lease: it would be ended in the way of the earlier layout.
-- ARGV: for each entry its id, and why (see set_outcome) it has its outcome, empty where it has none.

if redis.call('HGET', META, 'layout') == LAYOUT then return 1 end
for at = 1, #ARGV, 2 do
  local entry, why = load_entry(ARGV[at]), ARGV[at + 1]
  if entry then
    redis.call('HDEL', entry_key(entry.id), 'lease')
    if why ~= '' and not entry.why then
      redis.call('HSET', entry_key(entry.id), 'why', why)
      entry.why = why
    end
    if entry.why then enter_cause(cause_of(entry.provider, entry.state, entry.why), entry.number, entry.id) end
    for _, name in ipairs(projects_of(entry.id)) do enter_project(entry, name) end
  end
end
return 1
