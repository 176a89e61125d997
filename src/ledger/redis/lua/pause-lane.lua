-- Of all who saw the lane fail in one epoch, the first one alone pauses it. Each pause has its own probe.
-- ARGV: provider, epoch, until, reason, now. Reply: the lane as it is now.

local lane = load_lane(ARGV[1])
if lane.epoch ~= tonumber(ARGV[2]) then return lane_reply(lane, ARGV[5]) end
lane.streak = lane.streak + 1
lane.paused_until = tonumber(ARGV[3])
if not lane.parked then lane.reason = ARGV[4] end
save_lane(lane)
if lane.streak == 1 then announce(ARGV[5], 'lane-paused', lane.provider, { 'reason', ARGV[4] }) end
redis.call('HDEL', lane_key(lane.provider), 'probe', 'probe_end')
return lane_reply(lane, ARGV[5])
