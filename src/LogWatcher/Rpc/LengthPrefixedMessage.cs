using Google.Protobuf;
namespace LogWatcher.Rpc;
internal static class LengthPrefixedMessage
{
    public static string[] Encodings => ["identity", "gzip", "deflate"];
    public static bool IsEncoding(string s) => Array.IndexOf(Encodings, s) >= 0;
    public static T ReadOne<T>(byte[] framed, string? compression, MessageParser<T> parser) where T : class, IMessage<T> => throw new NotSupportedException();
    public static void Write(IMessage m, string? compression, JsonOutput output) => throw new NotSupportedException();
}
