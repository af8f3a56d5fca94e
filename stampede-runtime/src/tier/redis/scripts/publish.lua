-- Stores a value and ends the lease.
-- ARGV: the token, the value, for how long (0 removes it), the last moment, `1` if the server has lost the lease with all else.
-- Returns: the time, whether it did, whether there was a lease at all.
local time = now()
local token, seen = lease()
local value, odd = get(KEYS[1])
local there = digest(value, odd)
local may = false
if token == ARGV[1] then
  redis.call('DEL', KEYS[2])
  may = there == seen or there == '-'
elseif ARGV[5] == '1' then
  may = not token and there == '-'
end
if time > tonumber(ARGV[4]) then
  may = false
end
if may then
  if ARGV[3] == '0' then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  end
end
if may or token == ARGV[1] then
  notify(ARGV[3] == '0' and 'f' or 'v')
end
return {time, may and 1 or 0, token and 1 or 0}
