using LogWatcher.Rpc;

namespace LogWatcher.Tests.Rpc;

public sealed class MetadataTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("x-request.id_7")]
    [InlineData("0")]
    public void Keys_are_made_of_what_gRPC_allows(string key) => Metadata.IsKey(key).Should().BeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData(":path")]
    [InlineData("é")]
    [InlineData("a\n")]
    public void And_of_nothing_else(string key)
    {
        Metadata.IsKey(key).Should().BeFalse();
        FluentActions.Invoking(() => new Metadata().Add(key, "x")).Should().Throw<ArgumentException>().WithMessage("the metadata key \"*\" is not made of a-z, 0-9, _, - and . alone*");
    }

    [Fact]
    public void A_key_ending_in_bin_takes_bytes_and_no_other_does()
    {
        FluentActions.Invoking(() => new Metadata().Add("a-bin", "x")).Should().Throw<ArgumentException>().WithMessage("the metadata key \"a-bin\" takes bytes*");
        FluentActions.Invoking(() => new Metadata().Add("a", [1])).Should().Throw<ArgumentException>().WithMessage("the metadata key \"a\" takes text*");
    }

    [Fact]
    public void Values_of_one_key_stay_in_their_order_and_keys_in_that_of_their_first_value()
    {
        var metadata = new Metadata();
        metadata.IsEmpty.Should().BeTrue();
        metadata.Get("a").Should().BeNull();
        metadata.Add("a", "1");
        metadata.Add("b-bin", [1, 2]);
        metadata.Add("a", "2");
        metadata.ByKey.Select(key => key.Key).Should().Equal("a", "b-bin");
        metadata.GetAll("a").Should().Equal("1", "2");
        metadata.Get("a").Should().Be("2", "the last counts");
        metadata.Get("b-bin").Should().BeNull("it is no text");
        metadata.Remove("a");
        metadata.ByKey.Select(key => key.Key).Should().Equal("b-bin");
        metadata.IsEmpty.Should().BeFalse();
    }

    [Fact]
    public void It_can_be_read_while_it_grows()
    {
        // The end of a call that is cancelled is written while its handler may still be adding trailers.
        var metadata = new Metadata();
        var reader = Task.Run(() =>
        {
            var most = 0;
            while (most < 5_000)
            {
                var count = metadata.ByKey.Sum(key => key.Count());
                count.Should().BeGreaterThanOrEqualTo(most);
                most = count;
            }
        });
        for (var value = 0; value < 5_000; value++)
        {
            metadata.Add(value % 2 == 0 ? "a" : "b", "x");
        }

        FluentActions.Invoking(reader.GetAwaiter().GetResult).Should().NotThrow();
    }
}
