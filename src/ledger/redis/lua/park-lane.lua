-- Nothing leaves the lane until a person resumes it.
-- ARGV: provider, reason, now.

park(load_lane(ARGV[1]), ARGV[2], ARGV[3])
return 1
