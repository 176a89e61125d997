-- Nothing leaves the lane until a person resumes it.
-- ARGV: provider, reason.

local lane = load_lane(ARGV[1])
lane.parked = true
lane.reason = ARGV[2]
save_lane(lane)
return 1
