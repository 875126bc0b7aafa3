using System.Text;

namespace LogWatcher.Rpc;

/// <summary>The name that a field of a .proto has in JSON, unless it is given a json_name of its own.</summary>
internal static class LowerCamelCase
{
    /// <summary><c>userName</c> of <c>user_name</c>.</summary>
    public static string Of(string name)
    {
        var camel = new StringBuilder(name.Length);
        var upper = false;
        foreach (var c in name)
        {
            if (c != '_')
            {
                camel.Append(upper ? char.ToUpperInvariant(c) : c);
            }

            upper = c == '_';
        }

        return camel.ToString();
    }
}
