using FluentAssertions;
using Google.Protobuf;
using LogWatcher.Logs;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Tests.Rpc;

/// <summary>What messages and services list themselves is what their .proto has.</summary>
public class ListingTests
{
    [Fact]
    public void Every_message_that_lists_its_fields_lists_those_of_its_proto()
    {
        var listing = typeof(Program).Assembly.GetTypes().Where(type => Interface(type, typeof(IListsFields<>)) is not null && type.IsClass).ToList();

        listing.Should().BeEquivalentTo([typeof(WatchLogsRequest), typeof(ChatText)]);
        Compare(new WatchLogsRequest());
        Compare(new ChatText());
    }

    [Theory]
    [InlineData("""
        {"filter":"f","limit":1,"follow":true,"tail":2,"after":["a","b"],"since":"s","until":"u","sources":["x","y"],"windowMs":3}
        """)]
    [InlineData("{}")]
    public void Each_listed_field_is_read_into_its_own_property_and_written_from_it(string json)
    {
        var expected = JsonParser.Default.Parse<WatchLogsRequest>(json);
        var read = MessageJson<WatchLogsRequest>.Instance.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        var written = new JsonOutput();
        MessageJson<WatchLogsRequest>.Instance.Write(written, read);

        read.Should().Be(expected);
        JsonParser.Default.Parse<WatchLogsRequest>(System.Text.Encoding.UTF8.GetString(written.Written)).Should().Be(expected);
    }

    [Fact]
    public void Every_service_that_lists_its_methods_lists_those_of_its_proto()
    {
        var services = typeof(Program).Assembly.GetTypes().Where(type => type.IsClass && typeof(IListsMethods).IsAssignableFrom(type));

        services.Should().BeEquivalentTo([typeof(LogWatcherService), typeof(ChatService)]);
        Compare("logwatcher.v1.LogWatcher", new LogWatcherService(LogSet.OpenSample()));
        Compare("logwatcher.v1.Chat", new ChatService());
    }

    private static void Compare<T>(T message)
        where T : class, IMessage<T>, IListsFields<T>
    {
        var fromDescriptor = message.Descriptor.Fields.InDeclarationOrder().Select(FieldPlan.Make<T>);
        message.Fields.Select(Described).Should().Equal(fromDescriptor.Select(Described));

        static (string Name, string JsonName, Type HowItIsRead) Described(FieldJson<T> field) => (field.Name, field.JsonName, field.GetType());
    }

    private static void Compare<TService>(string name, TService service)
        where TService : class, IListsMethods
    {
        var methods = new MethodFactory(name, () => LogwatcherReflection.Descriptor);
        var listed = service.List(methods);

        listed.Select(Described).Should().Equal(BoundService.Find(methods, service).Select(Described));
        listed.Should().OnlyContain(method => method.Descriptor.FullName == $"{name}.{method.Name}" && method.Example != "{}");

        static (string FullName, MethodKind Kind, Type Messages) Described(Method method) => (method.FullName, method.Kind, method.GetType());
    }

    private static Type? Interface(Type type, Type definition) =>
        type.GetInterfaces().FirstOrDefault(its => its.IsGenericType && its.GetGenericTypeDefinition() == definition);
}
