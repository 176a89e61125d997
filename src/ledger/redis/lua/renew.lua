-- Who holds a lease goes on holding it; what was lost stays lost.
-- ARGV: end of the leases; then id and lease of each claim. Reply: how many are held still.

local renewed = 0
for at = 2, #ARGV, 2 do
  local entry = load_claimed(ARGV[at], ARGV[at + 1])
  if entry then
    redis.call('ZADD', due_set(entry), ARGV[1], entry.turn .. ':' .. entry.id)
    redis.call('HSET', entry_key(entry.id), 'due', ARGV[1])
    redis.call('ZADD', hand_key(entry.provider, ''), 'XX', ARGV[1], entry.id)
    if entry.share then redis.call('ZADD', hand_key(entry.provider, entry.share), 'XX', ARGV[1], entry.id) end
    if redis.call('HGET', lane_key(entry.provider), 'probe') == entry.lease then
      redis.call('HSET', lane_key(entry.provider), 'probe_end', ARGV[1])
    end
    renewed = renewed + 1
  end
end
return renewed
