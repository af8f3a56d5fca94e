-- The hash of a namespace: its epoch `e`, the number of its clears `g`, the number of its changes `c`.
-- KEYS: the hash. ARGV: an epoch, if it has none.
local function namespace()
  local found = redis.pcall('HMGET', KEYS[1], 'e', 'g', 'c')
  if found.err or not (found[1] and found[2] and found[3]) then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'e', ARGV[1], 'g', 0, 'c', 0)
    return {ARGV[1], '0', '0'}
  end
  return found
end
