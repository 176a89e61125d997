-- What was put off until something is mended has its time now. What is not due then any more has had another end meanwhile.
-- ARGV: provider, origin, now, limit, an entry that has to be one of them (or empty); then what they wait for.
-- Reply: how many have their time now; nil when that entry is none of them.

local provider, now, limit = ARGV[1], ARGV[3], tonumber(ARGV[4])
local codes = { unpack(ARGV, 6) }

if ARGV[5] ~= '' then
  local is_one = 0
  for _, code in ipairs(codes) do is_one = is_one + redis.call('ZREM', waits_key(provider, code), ARGV[5]) end
  if is_one == 0 then return nil end
end

local function is_waiting(entry, due)
  return entry and entry.due and not entry.lease and not entry.queue and tonumber(entry.due) == tonumber(due)
end

local moved = 0
for _, code in ipairs(codes) do
  local waits = waits_key(provider, code)
  while moved < limit do
    local id, due = unpack(redis.call('ZRANGEBYSCORE', waits, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1))
    if not id then break end
    local entry = load_entry(id)
    if is_waiting(entry, due) then
      -- It is one of them still: that it gets through shows something.
      redis.call('ZADD', waits, now, id)
      schedule(entry, now, now, entry.phase)
      save(entry)
      moved = moved + 1
    else
      redis.call('ZREM', waits, id)
    end
  end
end
if moved > 0 then wake(provider, ARGV[2]) end
return moved
