namespace LogWatcher.Rpc;

/// <summary>What has come and gone through a door since the node was started.</summary>
/// <param name="Door">Which: <c>stdin</c> or <c>http2</c>.</param>
/// <param name="Calls">Calls that have begun.</param>
/// <param name="LiveCalls">Of them, those that have not ended.</param>
/// <param name="Traffic">Lines, with their bytes; or gRPC's messages with their frames.</param>
internal readonly record struct DoorCounts(string Door, long Calls, long LiveCalls, Traffic Traffic);
