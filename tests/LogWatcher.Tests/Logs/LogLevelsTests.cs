using System.Text;
using LogWatcher.Logs;

namespace LogWatcher.Tests.Logs;

public class LogLevelsTests
{
    [Theory]
    [InlineData("TRACE", "trace Trace TRACE trc trce T t verbose VRB v finest finer DEBUG-4 DEBUG-8")]
    [InlineData("DEBUG", "debug dbg dbug D fine INFO-1 DEBUG+3 DEBUG-0")]
    [InlineData("INFO", "info Information INFORMATIONAL inf I notice note INFO+2")]
    [InlineData("WARN", "warn Warning wrn W WARN+3 INFO+4")]
    [InlineData("ERROR", "error err E eror ERR fail severe ERROR+3 WARN+4")]
    [InlineData("FATAL", "fatal ftl F critical crit crt C alert emerg emergency panic dpanic ERROR+4 ERROR+2147483647")]
    public void Every_name_has_its_level(string name, string forms)
    {
        foreach (var form in forms.Split(' '))
        {
            LogLevels.TryParse(Encoding.UTF8.GetBytes(form), out var level).Should().BeTrue(form);
            LogLevels.Name(level).Should().Be(name, form);
            Encoding.UTF8.GetString(LogLevels.Utf8Name(level)).Should().Be(name);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("erro")]
    [InlineData("errors")]
    [InlineData("[ERROR]")]
    [InlineData(" info")]
    [InlineData("30")]
    [InlineData("+2")]
    [InlineData("INFO+")]
    [InlineData("INFO+x")]
    [InlineData("INFO+2147483648")]
    [InlineData("err+1")]
    [InlineData("I+4")]
    [InlineData("fatal+1")]
    [InlineData("trace-id")]
    [InlineData("ınfo")]
    public void Anything_else_is_no_level(string text)
    {
        LogLevels.TryParse(Encoding.UTF8.GetBytes(text), out var level).Should().BeFalse();
        level.Should().Be(LogLevel.None);
    }

    [Fact]
    public void An_entry_without_a_level_has_none_to_tell() => LogLevels.Name(LogLevel.None).Should().BeEmpty();
}
