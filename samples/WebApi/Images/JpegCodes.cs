namespace WebApi;

/// <summary>A table of Huffman codes: of each length the codes are consecutive numbers (ITU-T T.81, annex C).</summary>
internal sealed class JpegCodes
{
    /// <summary>Longest code in bits.</summary>
    public const int LongestCode = 16;

    private readonly int[] _firstCode = new int[LongestCode + 1];
    private readonly int[] _firstSymbol = new int[LongestCode + 2];
    private readonly byte[] _symbols;

    /// <summary>Reads a table.</summary>
    /// <param name="counts">Number of codes of each length, 1 … 16.</param>
    /// <param name="symbols">What the codes stand for, in their order.</param>
    /// <exception cref="RejectedImageException">There are more codes of a length than can be.</exception>
    public JpegCodes(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        int code = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            code <<= 1;
            _firstCode[length] = code;
            code += counts[length - 1];
            _firstSymbol[length + 1] = _firstSymbol[length] + counts[length - 1];
            if (code > 1 << length)
                throw JpegScans.Reject("a table of codes makes no sense");
        }
    }

    /// <summary>What a code of a length stands for; null if it is the beginning of a longer one.</summary>
    public int? Find(int code, int length)
    {
        int index = code - _firstCode[length];
        return index >= 0 && index < _firstSymbol[length + 1] - _firstSymbol[length] ? _symbols[_firstSymbol[length] + index] : null;
    }
}
