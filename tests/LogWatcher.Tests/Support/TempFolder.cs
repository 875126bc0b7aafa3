using System.Text;

namespace LogWatcher.Tests.Support;

/// <summary>A folder of a test's own, gone with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("logwatcher-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>As rotation copies: whoever looks meanwhile may open it, and the copy has the time of its own writing.</summary>
    public void Copy(string from, string to)
    {
        using var target = new FileStream(this[to], FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        target.Write(File.ReadAllBytes(this[from]));
    }

    public void Append(string name, string text) => File.AppendAllText(this[name], text);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
