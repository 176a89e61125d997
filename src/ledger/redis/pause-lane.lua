-- Of all who saw the lane fail in one epoch, the first one alone pauses it. Each pause has its own probe.
-- ARGV: provider, epoch, until, reason. Reply: the lane as it is now.

local lane = load_lane(ARGV[1])
if lane.epoch ~= tonumber(ARGV[2]) then return lane_reply(lane) end
lane.streak = lane.streak + 1
lane.paused_until = tonumber(ARGV[3])
if not lane.parked then lane.reason = ARGV[4] end
save_lane(lane)
redis.call('HDEL', lane_key(lane.provider), 'probe', 'probe_end')
return lane_reply(lane)
