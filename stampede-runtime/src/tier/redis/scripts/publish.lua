-- Stores a value and ends the lease.
-- ARGV: the token, the value, for how long (0 removes it), when this was sent, how late it may be, `1` if the
-- server has lost the lease with all else.
-- Returns: the time, whether it did, whether there was a lease at all.
local time = now()
local token, seen = lease()
local value, odd = get(KEYS[1])
local there = digest(value, odd)
local may = false
if token == ARGV[1] then
  redis.call('DEL', KEYS[2])
  may = there == seen or there == '-'
elseif ARGV[6] == '1' then
  may = not token and there == '-'
end
local delay = late(ARGV[4])
if delay > tonumber(ARGV[5]) then
  may = false
end
if may then
  if ARGV[3] == '0' then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], ARGV[2], 'PX', math.max(1, ARGV[3] - delay))
  end
end
if may or token == ARGV[1] then
  notify(ARGV[3] == '0' and 'f' or 'v')
end
return {time, may and 1 or 0, token and 1 or 0}
