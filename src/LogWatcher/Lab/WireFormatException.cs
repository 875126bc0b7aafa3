namespace LogWatcher.Lab;

/// <summary>Bytes that are no protobuf, or not of the message they are read as: an expected failure.</summary>
/// <param name="offset">Where what is wrong begins: so many bytes stand before it.</param>
/// <param name="problem">What is wrong there.</param>
internal sealed class WireFormatException(int offset, string problem) : Exception($"byte offset {offset}: {problem}")
{
    public int Offset { get; } = offset;
}
