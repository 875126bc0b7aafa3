using Google.Protobuf.Reflection;

namespace LogWatcher.Tests.Support;

/// <summary>Messages of the tests' own .proto files, as a client of the lab would define them.</summary>
internal static class SchemaText
{
    public static string Of(MessageDescriptor message) =>
        $$"""{"name":"{{message.Name}}","fields":[{{string.Join(',', message.Fields.InDeclarationOrder().Select(Of))}}]}""";

    private static string Of(FieldDescriptor field) =>
        $$"""{"name":"{{field.Name}}","number":{{field.FieldNumber}},"type":"{{TypeOf(field)}}","repeated":{{(field.IsRepeated && !field.IsMap ? "true" : "false")}}}""";

    private static string TypeOf(FieldDescriptor field) =>
        field.IsMap ? $"map<{TypeOf(field.MessageType.FindFieldByNumber(1))}, {TypeOf(field.MessageType.FindFieldByNumber(2))}>"
        : field.FieldType == FieldType.Message ? field.MessageType.Name
        : field.FieldType.ToString().ToLowerInvariant();
}
