-- KEYS of all that follows: a value, its lease, the inboxes of those who wait for it.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- How long a command has been under way that was sent when this clock showed `sent`.
local function late(sent)
  return math.max(0, now() - tonumber(sent))
end

-- What is there under a key that should hold a string: it, false, or `x` as the second where it is something else.
local function get(key)
  local found = redis.pcall('GET', key)
  if type(found) == 'table' and found.err then
    return '', 'x'
  end
  return found, nil
end

-- What tells whether a value has changed.
local function digest(value, odd)
  return odd or (value and redis.sha1hex(value)) or '-'
end

-- The token and the digest of a lease; nothing if it is free.
local function lease()
  local held, odd = get(KEYS[2])
  if odd then
    redis.call('DEL', KEYS[2])
    return nil
  end
  if not held then
    return nil
  end
  local token, seen = string.match(held, '^(%S+) (%S+)$')
  return token or held, seen or '-'
end

local function notify(notice)
  local inboxes = redis.pcall('SMEMBERS', KEYS[3])
  if not inboxes.err then
    for _, inbox in ipairs(inboxes) do
      redis.call('PUBLISH', inbox, notice .. KEYS[1])
    end
  end
  redis.call('DEL', KEYS[3])
end
