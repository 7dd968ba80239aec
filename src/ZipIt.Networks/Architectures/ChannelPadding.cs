namespace ZipIt.Networks;

/// <summary>Where a shortcut without weights puts the channels that it adds, which are zero (option A of He et al. 2016).</summary>
public enum ChannelPadding
{
    /// <summary>Half of them in front of the input's channels, half behind.</summary>
    Centered,

    /// <summary>All of them behind the input's channels.</summary>
    Behind,
}
