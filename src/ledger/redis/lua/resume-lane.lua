-- The lane is as if nothing had stopped it, and the safety valve has forgotten its hour.
-- ARGV: provider, origin, now.

local lane = load_lane(ARGV[1])
if lane.parked or lane.streak > 0 then
  announce(ARGV[3], 'lane-resumed', lane.provider, {})
  lane.reason = ''
end
lane.parked = false
lane.streak = 0
lane.paused_until = 0
save_lane(lane)
redis.call('DEL', revoked_key(lane.provider))
wake(lane.provider, ARGV[2])
return 1
