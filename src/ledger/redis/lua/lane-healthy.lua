-- Opens the lane after a pause, unless something else happened to it since `epoch`. A parked one stays parked.
-- ARGV: provider, epoch, origin, now, how.

local lane = load_lane(ARGV[1])
if lane.epoch ~= tonumber(ARGV[2]) or lane.streak == 0 then return 0 end
lane.streak = 0
lane.paused_until = 0
if not lane.parked then
  lane.reason = ''
  announce(ARGV[4], 'lane-resumed', lane.provider, { 'reason', ARGV[5] })
end
save_lane(lane)
wake(lane.provider, ARGV[3])
return 1
