//! The identity of a Redis stream: detects that the stream is not the one that was written, and
//! begins a new epoch.
//!
//! A hash beside the stream stores the epoch and the last id that this server assigned. Both change
//! in one script, so they differ from the stream only if another program changed the stream.

use redis::Script;

/// Compares the stream with its hash and with the newest id of this node. Begins a new epoch if they
/// differ. The new epoch is greater than every epoch that is known, so no id is assigned twice.
///
/// KEYS: stream, hash. ARGV: run id of Redis, `1` if Redis loses no events, a new epoch, the epoch
/// and sequence of the newest id of this node.
const CHECK: &str = r"
local stream, hash, run = KEYS[1], KEYS[2], ARGV[1]
local known_epoch, known_seq = tonumber(ARGV[4]), tonumber(ARGV[5])
local last
if redis.call('EXISTS', stream) == 1 then
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
local epoch, mark, seen_run = unpack(redis.call('HMGET', hash, 'epoch', 'last', 'run'))
local last_epoch, last_seq = 0, 0
if last then
  local e, s = string.match(last, '^(%d+)%-(%d+)$')
  last_epoch, last_seq = tonumber(e), tonumber(s)
end
local change = ''
if not last then
  change = (epoch or known_epoch > 0) and 'was deleted' or 'is new'
elseif last ~= mark then
  change = 'was replaced'
elseif known_epoch > last_epoch or (known_epoch == last_epoch and known_seq > last_seq) then
  change = 'was rolled back'
elseif seen_run ~= run and ARGV[2] ~= '1' then
  change = 'may have lost its last events in a restart of Redis'
end
if change ~= '' then
  local top = math.max(tonumber(ARGV[3]), known_epoch + 1, last_epoch + 1, (tonumber(epoch) or 0) + 1)
  epoch = string.format('%.0f', top)
  if not last then
    redis.call('XGROUP', 'CREATE', stream, 'new', '$', 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', stream, 'new')
  end
  last = epoch .. '-0'
  redis.call('XSETID', stream, last)
  redis.call('HSET', hash, 'epoch', epoch, 'last', last, 'run', run)
elseif seen_run ~= run then
  redis.call('HSET', hash, 'run', run)
end
";

/// Returns the last id and the change. ARGV 6: `1` if the script also tests whether Redis accepts
/// writes.
const VERIFY: &str = r"
if ARGV[6] == '1' then redis.call('HSET', hash, 'run', run) end
return {last, change}";

/// Appends an event and returns its id and the change. ARGV 6: the number of events to keep, then
/// the fields of the event.
const APPEND: &str = r"
last = redis.call('XADD', stream, 'MAXLEN', ARGV[6], epoch .. '-*', unpack(ARGV, 7))
redis.call('HSET', hash, 'last', last)
return {last, change}";

/// The change of a stream that never existed. It is no reason for a warning.
pub(super) const IS_NEW: &str = "is new";

/// Returns the script that checks the identity.
pub(super) fn verify_script() -> Script {
    Script::new(&format!("{CHECK}{VERIFY}"))
}

/// Returns the script that checks the identity and appends an event.
pub(super) fn append_script() -> Script {
    Script::new(&format!("{CHECK}{APPEND}"))
}
