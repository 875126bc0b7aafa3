namespace LogWatcher.Rpc;

/// <summary>gRPC's four kinds of call.</summary>
internal enum MethodKind
{
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}
