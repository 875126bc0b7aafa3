namespace LogWatcher.Rpc;

/// <summary>What has come and gone through a door since the node was started.</summary>
/// <param name="Door">Which.</param>
/// <param name="Calls">Calls that have begun.</param>
/// <param name="LiveCalls">Of them, those that have not ended.</param>
/// <param name="MessagesReceived">Messages, or lines.</param>
/// <param name="MessagesSent">Likewise.</param>
/// <param name="BytesReceived">Of messages with their frames, or of lines.</param>
/// <param name="BytesSent">Likewise.</param>
internal readonly record struct DoorCounts(
    string Door, long Calls, long LiveCalls, long MessagesReceived, long MessagesSent, long BytesReceived, long BytesSent);
