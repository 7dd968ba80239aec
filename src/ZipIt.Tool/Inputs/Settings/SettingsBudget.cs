namespace ZipIt.Tool.Inputs;

/// <summary>What a settings file may hold: what goes beyond was made to fill memory, not to be read.</summary>
/// <param name="file">Path of the file, for messages.</param>
internal sealed class SettingsBudget(string file)
{
    /// <summary>Largest file in bytes: lists of labels may be long.</summary>
    public const int MaximumLength = 4 << 20;

    /// <summary>How deep values may lie inside others.</summary>
    public const int MaximumDepth = 8;

    /// <summary>Largest number of values.</summary>
    public const int MaximumValues = 200_000;

    private int _values;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InvalidDataException">It is too large.</exception>
    public static byte[] ReadFile(string path)
    {
        if (path.Contains('\0'))
            throw new InvalidDataException("A path holds a character that none can have.");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var buffer = new byte[1 << 14];
        var bytes = new MemoryStream();
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > MaximumLength)
                throw new InvalidDataException($"'{path}' is larger than {MaximumLength >> 20} MiB.");
        }

        return bytes.ToArray();
    }

    /// <summary>Counts a value.</summary>
    public void Take(int line, int depth)
    {
        if (depth > MaximumDepth)
            throw new SettingsPlace(file, line).Error($"values lie more than {MaximumDepth} levels deep.");
        if (++_values > MaximumValues)
            throw new SettingsPlace(file, line).Error($"there are more than {MaximumValues} values.");
    }
}
