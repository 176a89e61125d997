-- Only the holder of the lease puts off; state and token stay as they are.
-- ARGV: id, lease, origin, now, due, note (or empty: keep the old one), four of progress, what
-- to announce (or empty), whether it ends an approval (1 or 0), what a person has to mend for it (or empty); then events.

local entry = load_claimed(ARGV[1], ARGV[2])
if not entry then return 0 end

end_lease(entry, ARGV[3])
if ARGV[6] ~= '' then put(entry, 'note', ARGV[6]) end
set_progress(entry, ARGV[7], ARGV[8], ARGV[9], ARGV[10])
schedule(entry, ARGV[5], ARGV[4], ARGV[7])
if ARGV[12] == '1' then
  end_approval(entry)
  unlist_approved(entry)
end
save(entry)
append_history(entry.id, { unpack(ARGV, 14) })
if ARGV[13] ~= '' then
  local waits = waits_key(entry.provider, ARGV[13])
  redis.call('ZREMRANGEBYSCORE', waits, '-inf', string.format('%.0f', tonumber(ARGV[4]) - HOUR_MS))
  redis.call('ZADD', waits, ARGV[5], entry.id)
  redis.call('PEXPIRE', waits, 2 * HOUR_MS)
end
if ARGV[11] ~= '' then announce_entry(entry, ARGV[11], ARGV[4]) end
return 1
