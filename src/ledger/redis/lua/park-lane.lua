-- Nothing leaves the lane until a person resumes it.
-- ARGV: provider, reason, now.

local lane, reason = load_lane(ARGV[1]), ARGV[2]
if not lane.parked then announce(ARGV[3], 'lane-parked', lane.provider, { 'reason', reason }) end
lane.parked = true
lane.reason = reason
save_lane(lane)
return 1
