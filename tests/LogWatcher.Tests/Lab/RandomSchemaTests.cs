using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Lab;

/// <summary>Schemas nobody has thought of. A failure names its seed: LOGWATCHER_TEST_SEED reproduces it.</summary>
public sealed class RandomSchemaTests(ITestOutputHelper output)
{
    private const int Schemas = 500;
    private const int MessagesPerSchema = 5;

    [Fact]
    public void Data_becomes_the_bytes_of_CodedOutputStream_and_comes_back()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < Schemas; round++)
        {
            var schemas = RandomSchema.Create(random);
            var lab = new LabClient();
            schemas.ForEach(schema => lab.Define(schema.Text));
            for (var index = 0; index < MessagesPerSchema; index++)
            {
                var (data, bytes) = schemas[0].Message();

                Convert.ToHexStringLower(lab.Encode(schemas[0].Name, data)).Should().Be(Convert.ToHexStringLower(bytes), data);
                lab.DataOf(bytes, schemas[0].Name).Should().Be(data);
            }
        }
    }
}
