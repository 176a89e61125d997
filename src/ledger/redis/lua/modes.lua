-- Reply: providers and modes that persons set, one after the other. By a script, so that none are read from another ledger.

return redis.call('HGETALL', MODES)
