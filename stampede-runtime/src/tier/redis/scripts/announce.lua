-- Counts a change, and tells everybody.
-- KEYS: the hash. ARGV: an epoch, the channel, who has made the change, `k` or `c`, the key.
local found = namespace()
if ARGV[4] == 'c' then
  redis.call('HINCRBY', KEYS[1], 'g', 1)
end
local changes = redis.call('HINCRBY', KEYS[1], 'c', 1)
redis.call('PUBLISH', ARGV[2], changes .. ' ' .. found[1] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
return changes
